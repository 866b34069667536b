/**
 * The little that this folder asks of the store, so that its tests need no disk. Promises resolve when the change is durable.
 */
export type Param = string | number;

export interface AgentStore {
  readonly read: {
    get<T extends object>(sql: string, ...params: Param[]): Promise<T | undefined>;
    all<T extends object>(sql: string, ...params: Param[]): Promise<T[]>;
  };
  write<T>(unit: (tx: { run(sql: string, ...params: Param[]): Promise<{ changes: number }> }) => Promise<T>): Promise<T>;
}

/** The smallest log; pino fits. Never given personal data, passwords or tokens. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
