// The peer in Node: socket.io with each message stored in SQLite (WAL, synchronous=FULL) before it is emitted.
// Run as `node server.mjs PORT DATABASE`. Posts that wait together share one transaction.
import { DatabaseSync } from "node:sqlite";
import { createServer } from "node:http";
import { Server } from "socket.io";

const [port, path] = process.argv.slice(2);
const database = new DatabaseSync(path);
database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
database.exec(`CREATE TABLE message (
  id INTEGER PRIMARY KEY, room TEXT NOT NULL, seq INTEGER NOT NULL, sender TEXT NOT NULL,
  body TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (room, seq))`);
const insert = database.prepare("INSERT INTO message (room, seq, sender, body, at) VALUES (?, ?, ?, ?, ?)");

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });
const numbers = new Map();
let waiting = [];

io.on("connection", (socket) => {
  const { room, name } = socket.handshake.query;
  socket.join(room);
  socket.on("post", ({ body }, answer) => {
    if (!waiting.length) setImmediate(storeAll); // after everything that this iteration of the event loop reads
    waiting.push({ room, sender: name, body, answer });
  });
});

function storeAll() {
  const posts = waiting;
  waiting = [];
  database.exec("BEGIN IMMEDIATE");
  for (const post of posts) {
    post.seq = (numbers.get(post.room) ?? 0) + 1;
    numbers.set(post.room, post.seq);
    post.at = new Date().toISOString();
    post.id = Number(insert.run(post.room, post.seq, post.sender, post.body, post.at).lastInsertRowid);
  }
  database.exec("COMMIT");
  for (const { answer, ...message } of posts) {
    answer({ id: message.id, seq: message.seq });
    io.to(message.room).emit("message", message);
  }
}

http.listen(Number(port), "127.0.0.1", 2048);
