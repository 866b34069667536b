/**
 * Builds the desk into `dist/`, hashed and self-contained: the gateway serves it under a strict content security policy, so nothing is
 * inlined and nothing comes from another host. `npm run dev`-style use needs a gateway on the port below.
 */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const gateway = 'http://127.0.0.1:8080';

export default defineConfig({
  root: here,
  plugins: [react()],
  server: { proxy: { '/api': gateway, '/ws': { target: gateway, ws: true } } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0, // a data: URL would need a hole in the policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900, // kB; Ant Design as one chunk that changes only with its version
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|@tanstack|i18next|react-i18next)[\\/]/, priority: 3 },
            {
              name: 'media',
              test: /node_modules[\\/](mediasoup-client|h264-profile-level-id|sdp-transform|debug|ms|awaitqueue|ua-parser-js)[\\/]/,
              priority: 2,
            },
            { name: 'antd', test: /node_modules[\\/](antd|@ant-design|@rc-component|rc-[a-z-]+)[\\/]/, priority: 1 },
          ],
        },
      },
    },
  },
});
