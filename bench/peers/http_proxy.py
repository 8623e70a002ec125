"""Node's http-proxy, from npm, with the answer collected and replaced as its documentation shows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bench.peers import EXTERNAL, INTERNAL, Setup

HOME = Path(sys.prefix) / "bench" / "node"
SCRIPT = """
const fs = require("fs"), http = require("http"), https = require("https"), httpProxy = require("http-proxy");
const agent = new (INNER.startsWith("https") ? https : http).Agent({keepAlive: true, ca: fs.readFileSync(CA), servername: EXTERNAL});
const names = new RegExp("https://(" + EXTERNAL + "|" + INTERNAL + ")", "g");
const proxy = httpProxy.createProxyServer({
  target: INNER, agent, selfHandleResponse: true, headers: {host: EXTERNAL}, proxyTimeout: 1860000,
});
proxy.on("error", (error, req, res) => { res.writeHead && res.writeHead(502); res.end && res.end("bad gateway"); });
proxy.on("proxyRes", (answer, req, res) => {
  const parts = [];
  answer.on("data", part => parts.push(part));
  answer.on("end", () => {
    const lines = answer.rawHeaders.map((text, at) => at % 2 ? text.replace(names, BASE) : text), kept = [];
    for (let at = 0; at < lines.length; at += 2)
      if (!/^(content-length|transfer-encoding|connection|keep-alive)$/i.test(lines[at])) kept.push(lines[at], lines[at + 1]);
    let body = Buffer.concat(parts);
    if (!answer.headers["content-encoding"])
      body = Buffer.from(body.toString().replace(names, BASE).replaceAll('"/ucwa/', '"/director/ucwa/'));
    res.writeHead(answer.statusCode, [...kept, "Content-Length", String(body.length)]);
    res.end(body);
  });
});
const serve = (req, res) => { req.url = req.url.replace(/^\\/director/, ""); proxy.web(req, res); };
const server = TLS ? https.createServer({cert: fs.readFileSync(CERT), key: fs.readFileSync(KEY)}, serve) : http.createServer(serve);
server.listen(PORT, "127.0.0.1");
"""  # noqa: E501


def missing() -> str | None:
    if shutil.which("npm") is None:
        return "Node.js with npm is missing (Debian: apt-get install npm)"
    if not (HOME / "node_modules" / "http-proxy").exists():
        HOME.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-save", "--prefix", str(HOME), "http-proxy"],
            check=False,
            capture_output=True,
        )
    return (
        None
        if (HOME / "node_modules" / "http-proxy").exists()
        else "http-proxy is missing (npm install http-proxy)"
    )


def configure(setup: Setup) -> list[str]:
    import json

    values = {
        "EXTERNAL": EXTERNAL, "INTERNAL": INTERNAL, "BASE": setup.base, "INNER": setup.inner, "PORT": setup.port,
        "CA": str(setup.ca), "CERT": str(setup.certificate), "KEY": str(setup.key), "TLS": setup.tls,
    }  # fmt: skip
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    script = setup.write("proxy.js", head + SCRIPT)
    return ["env", f"NODE_PATH={HOME / 'node_modules'}", "node", script]
