// Keeps a distribution's OpenSSL from crashing at the first DTLS hello.
//
// Distributions build OpenSSL with kernel TLS; the copy mediasoup would bundle is built without. libssl then asks the BIO it writes to
// whether the kernel encrypts (BIO_CTRL_GET_KTLS_SEND). The worker hangs a callback on that BIO which answers 1 to every control, so
// libssl believes the kernel does it, allocates no write buffer, and writes through a null pointer. Plain RTP never shows this.
// The linker sends the worker's call of BIO_set_callback_ex here (-Wl,--wrap): this one question gets the answer 0, all else passes.
#include <openssl/bio.h>

extern "C" void __real_BIO_set_callback_ex(BIO* bio, BIO_callback_fn_ex callback);

namespace
{
// The worker hangs one and the same function on every BIO; the assertion in the setter below keeps that true.
BIO_callback_fn_ex theCallback = nullptr;

long answer(BIO* bio, int operation, const char* data, size_t size, int number, long more, int result, size_t* processed)
{
  const long said = theCallback(bio, operation, data, size, number, more, result, processed);
  const bool askedForKernelTls = operation == (BIO_CB_CTRL | BIO_CB_RETURN) && number == BIO_CTRL_GET_KTLS_SEND;
  return askedForKernelTls ? 0 : said;
}
} // namespace

extern "C" void __wrap_BIO_set_callback_ex(BIO* bio, BIO_callback_fn_ex callback)
{
  if (theCallback != nullptr && theCallback != callback)
  {
    __builtin_trap(); // a newer worker with two callbacks: keep one per BIO instead (BIO_set_ex_data)
  }
  theCallback = callback;
  __real_BIO_set_callback_ex(bio, answer);
}
