// The peer of rooms-node: Node `ws`, sending whatever comes to everyone. Prints its port.
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, backlog: 4096 });
server.on("listening", () => console.log(server.address().port));
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    for (const member of server.clients) if (member.readyState === 1) member.send(data, { binary: false });
  });
});
