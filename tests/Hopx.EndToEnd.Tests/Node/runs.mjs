// Uses the official SDK for what goes on without its caller or is followed, and prints what came back, for the test to compare.
import { createHmac } from "node:crypto";
import { Sandbox } from "@hopx-ai/sdk";

const [baseURL, apiKey] = process.argv.slice(2);
const found = {};

const until = async (look) => {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const sandbox = await Sandbox.create({ apiKey, baseURL, template: "code-interpreter", timeoutSeconds: 600 });
try {
  const listed = async (id) => (await sandbox.listProcesses()).find((entry) => entry.process_id === id);

  const code = await sandbox.runCodeBackground("import sys\nprint('done')\nsys.exit(4)", { name: "my code", env: { A: "b" } });
  const ended = await until(async () => ((await listed(code.process_id))?.status === "failed" ? listed(code.process_id) : null));
  found.background = [code.process_id.startsWith("proc_"), code.execution_id.startsWith("exec_"), ended.name, ended.exit_code, ended.language, ended.stdout];
  found.spellings = [ended.started_at === ended.start_time, ended.end_time === ended.completed_at, ended.duration === ended.execution_time];

  const sleeper = await sandbox.commands.runBackground("sleep 1000 & sleep 2000");
  const sleeping = async () => (await sandbox.listSystemProcesses()).filter((entry) => /sleep [12]000/.test(entry.command ?? "")).length;
  found.sleeper = [(await listed(sleeper.process_id)).status, (await until(async () => (await sleeping()) >= 2))];
  await sandbox.killProcess(sleeper.process_id);
  found.killed = [(await listed(sleeper.process_id)).status, await until(async () => (await sleeping()) === 0)];
  const other = await sandbox.commands.runBackground("exec sleep 3000");
  const pid = await until(async () => (await sandbox.listSystemProcesses()).find((entry) => entry.command === "sleep 3000")?.pid);
  await sandbox.killProcess(String(pid));
  found.killedByPid = await until(async () => (await listed(other.process_id)).status === "killed");
  try {
    await sandbox.killProcess("proc_none");
  } catch (error) {
    found.killedNone = error.constructor.name;
  }

  // The receiver listens in the sandbox, which has no other network.
  await sandbox.files.write("/workspace/receiver.py", `
import http.server, json
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        json.dump({"headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}, open("/workspace/received.tmp", "w"))
        import os; os.rename("/workspace/received.tmp", "/workspace/received.json")
        self.send_response(200); self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 8123), Receiver)
open("/workspace/listening", "w").close()
server.serve_forever()
`);
  await sandbox.commands.runBackground("python3 /workspace/receiver.py");
  await until(() => sandbox.files.exists("/workspace/listening"));
  const queued = await sandbox.runCodeAsync("print(6 * 7)", {
    callbackUrl: "http://127.0.0.1:8123/hook",
    callbackHeaders: { "X-Mine": "yes", "X-HOPX-Timestamp": "1" },
    callbackSignatureSecret: "secret",
  });
  await until(() => sandbox.files.exists("/workspace/received.json"));
  const { headers, body } = JSON.parse(await sandbox.files.read("/workspace/received.json"));
  const result = JSON.parse(body);
  const signature = "sha256=" + createHmac("sha256", "secret").update(headers["x-hopx-timestamp"]).update(body).digest("hex");
  found.async = [queued.status, result.execution_id === queued.execution_id, result.status, result.stdout, headers["x-mine"], headers["content-type"]];
  found.signature = [headers["x-hopx-signature"] === signature, Math.abs(Number(headers["x-hopx-timestamp"]) - Date.now() / 1000) < 300];

  // The SDK listens anew for each frame and loses those that come meanwhile, as happens on a busy machine; where that is the last one, its stream never ends. So it is tried again.
  const stream = async () => {
    const got = [];
    let timer;
    const all = (async () => {
      for await (const frame of sandbox.runCodeStream("import sys, time\nfor i in range(50):\n    print(i, flush=True)\n    time.sleep(0.02)\nprint('oops', file=sys.stderr)")) got.push(frame);
    })();
    await Promise.race([all, new Promise((late) => { timer = setTimeout(late, 10_000); })]);
    clearTimeout(timer);
    return got;
  };
  const count = (some) => some.filter((frame) => frame.type === "stdout").map((frame) => frame.data).join("").split("\n").length;
  let frames = await stream();
  for (let attempt = 0; (count(frames) < 51 || frames.at(-1)?.type !== "complete") && attempt < 5; attempt++) frames = await stream();
  found.stream = [
    count(frames),
    frames.filter((frame) => frame.type === "stderr").map((frame) => frame.data).join(""),
    frames.slice(-2).map((frame) => frame.type),
    frames.at(-1).success,
  ];
  const bad = [];
  for await (const frame of sandbox.runCodeStream("1", { language: "cobol" })) bad.push(frame.type);
  found.badStream = bad;

  const terminal = await sandbox.terminal.connect();
  let screen = "";
  let step = 0;
  sandbox.terminal.resize(terminal, 120, 30);
  sandbox.terminal.sendInput(terminal, "echo $TERM $(stty size) $PWD grü''ße\r");
  for await (const message of sandbox.terminal.output(terminal)) {
    if (message.type === "exit") {
      found.terminalExit = message.code ?? message.exit_code;
      break;
    }
    screen += message.data ?? "";
    if (step === 0 && screen.includes("grüße")) {
      step = 1;
      found.terminal = /xterm-256color 30 120 \/workspace grüße/.test(screen);
      sandbox.terminal.sendInput(terminal, "exit 5\r");
    }
  }
  terminal.close();
} finally {
  await sandbox.kill();
}

console.log(JSON.stringify(found));
