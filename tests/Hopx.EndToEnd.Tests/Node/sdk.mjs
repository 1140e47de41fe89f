// Uses the official SDK as its documentation says, and prints what came back, for the test to compare.
import { writeFile } from "node:fs/promises";
import { AuthenticationError, FileNotFoundError, NotFoundError, Sandbox, SandboxExpiredError } from "@hopx-ai/sdk";

const [baseURL, apiKey] = process.argv.slice(2);
const account = { apiKey, baseURL };
const found = {};

const failure = async (action) => {
  try {
    await action();
    return "none";
  } catch (error) {
    for (const type of [AuthenticationError, FileNotFoundError, NotFoundError, SandboxExpiredError]) {
      if (error instanceof type) return type.name;
    }
    return `${error.constructor.name}: ${error.message}`;
  }
};

found.health = (await Sandbox.healthCheck(baseURL)).status;
found.templates = (await Sandbox.listTemplates(account)).map((template) => template.name).sort();
const sandbox = await Sandbox.create({ ...account, template: "code-interpreter", timeoutSeconds: 600, envVars: { GREETING: "hello" } });
try {
  const info = await sandbox.getInfo();
  found.info = [info.sandboxId === sandbox.sandboxId, info.status, info.templateName, info.internetAccess];
  found.listed = (await Sandbox.list(account)).some((other) => other.sandboxId === sandbox.sandboxId);
  found.healthy = await sandbox.isHealthy();

  const python = await sandbox.runCode("import os\nprint(os.environ['GREETING'])\n6 * 7");
  found.python = [python.success, python.stdout.trim(), python.exitCode];
  const javascript = await sandbox.runCode("console.log(6 * 7)", { language: "javascript" });
  found.javascript = javascript.stdout.trim();
  const failing = await sandbox.runCode("raise ValueError('wrong')");
  found.failing = [failing.success, failing.stderr.includes("ValueError: wrong")];
  const plot = await sandbox.runCode("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()");
  found.plot = plot.richCount > 0 || Boolean(plot.png);

  const command = await sandbox.commands.run("pwd; echo $GREETING; echo oops >&2; exit 3", { workingDir: "/tmp" });
  found.command = [command.stdout, command.stderr, command.exit_code];

  await sandbox.files.mkdir("/workspace/data");
  await sandbox.files.write("/workspace/data/a.txt", "äöü €");
  found.read = await sandbox.files.read("/workspace/data/a.txt");
  found.exists = [await sandbox.files.exists("/workspace/data/a.txt"), await sandbox.files.exists("/workspace/data/b.txt")];
  const bytes = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31) & 255));
  await sandbox.files.writeBytes("/workspace/data/bytes.bin", bytes);
  found.bytes = bytes.equals(await sandbox.files.readBytes("/workspace/data/bytes.bin"));
  await writeFile("upload.bin", bytes);
  await sandbox.files.upload("upload.bin", "/workspace/data/uploaded.bin");
  found.upload = bytes.equals(await sandbox.files.download("/workspace/data/uploaded.bin"));
  found.list = (await sandbox.files.list("/workspace/data")).map((file) => `${file.name} ${file.size} ${file.isFile}`).sort();
  await sandbox.files.remove("/workspace/data/a.txt");
  found.removed = await sandbox.files.exists("/workspace/data/a.txt");
  found.missing = await failure(() => sandbox.files.read("/workspace/data/a.txt"));

  await sandbox.env.set("COLOUR", "green");
  await sandbox.env.update({ GREETING: "good bye" });
  found.env = [await sandbox.env.get("COLOUR"), (await sandbox.runCode("echo $GREETING $COLOUR", { language: "bash" })).stdout.trim()];
  await sandbox.env.delete("COLOUR");
  found.envDeleted = (await sandbox.commands.run("echo [$COLOUR]")).stdout.trim();

  await sandbox.setTimeout(7200);
  const left = await sandbox.getTimeToExpiry();
  found.setTimeout = left > 7000 && left <= 7200;

  const again = await Sandbox.connect(sandbox.sandboxId, apiKey, baseURL);
  found.connected = (await again.files.list("/workspace/data")).length;
} finally {
  await sandbox.kill();
}

found.killed = await failure(() => Sandbox.connect(sandbox.sandboxId, apiKey, baseURL));
found.unknownTemplate = await failure(() => Sandbox.create({ ...account, template: "no-such-template" }));
found.wrongKey = await failure(() => Sandbox.list({ baseURL, apiKey: "hopx_live_AAAAAAAAAAAA.bm90IGEga2V5" }));
found.left = (await Sandbox.list(account)).length;
console.log(JSON.stringify(found));
