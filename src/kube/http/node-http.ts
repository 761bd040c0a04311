/**
 * Node's own HTTP clients. Not by `import`: an ES module's view of `node:http` evaluates every export, and one of them loads all of fetch and
 * WebSocket, which costs a command 40 ms at its start.
 */
export const http = process.getBuiltinModule('node:http');
export const https = process.getBuiltinModule('node:https');
