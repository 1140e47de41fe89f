// The rest of what the official SDK offers inside a sandbox; prints what came back, for the test to compare.
import { FileNotFoundError, Sandbox } from "@hopx-ai/sdk";

const [baseURL, apiKey] = process.argv.slice(2);
const found = {};

const failure = async (action) => {
  try {
    await action();
    return "none";
  } catch (error) {
    return error instanceof FileNotFoundError ? "FileNotFoundError" : `${error.constructor.name} ${error.code ?? ""}`.trim();
  }
};

const sandbox = await Sandbox.create({ apiKey, baseURL, template: "code-interpreter", timeoutSeconds: 600 });
try {
  const { files, commands, env, cache } = sandbox;

  await files.write("/workspace/deep/down/run.sh", "#!/bin/sh\necho ran \"$1\"\n", { mode: "0755" });
  found.written = [(await commands.run("stat -c %a /workspace/deep/down/run.sh; /workspace/deep/down/run.sh it")).stdout, await files.read("/workspace/deep/down/run.sh")];
  await files.writeBytes("/workspace/deep/bytes", Buffer.from([0, 1, 255]), { mode: "0600" });
  found.bytes = [[...(await files.readBytes("/workspace/deep/bytes"))], [...(await files.download("/workspace/deep/bytes"))], (await commands.run("stat -c %a deep/bytes")).stdout];
  found.overwrite = [await failure(() => files.write("/workspace/deep/bytes", "new", { overwrite: false })), (await files.readBytes("/workspace/deep/bytes")).length];
  const [directory, file] = (await files.list("/workspace/deep")).sort((one, other) => other.name.localeCompare(one.name));
  found.list = [
    [directory.name, directory.isDir, directory.isFile, directory.path],
    [file.name, file.isDir, file.isFile, file.path, file.size, file.permissions],
    Math.abs(new Date(file.modifiedTime) - Date.now()) < 300_000,
  ];
  await files.mkdir("/workspace/made/of/many");
  await files.mkdir("/workspace/made/of/many");
  found.exists = [await files.exists("/workspace/made/of/many"), await files.exists("/workspace/made/none")];
  await files.remove("/workspace/made");
  found.removed = [await files.exists("/workspace/made"), await failure(() => files.remove("/workspace/made"))];
  // Of what is asked for as bytes the SDK does not read the error, so it has no code.
  found.missing = [
    await failure(() => files.read("/workspace/none")),
    await failure(() => files.readBytes("/workspace/none")),
    await failure(() => files.download("/workspace/none")),
    await failure(() => files.list("/workspace/none")),
  ];
  found.refused = [await failure(() => files.read("/etc/shadow")), await failure(() => files.write("/etc/x", "x")), await failure(() => files.read("/workspace/../etc/shadow"))];

  const ran = await commands.run("echo $A; pwd; exit 3", { env: { A: "mine" }, workingDir: "/tmp", timeout: 20 });
  found.command = [ran.stdout, ran.exit_code, ran.success, ran.pid > 0, ran.execution_time >= 0];
  const late = await commands.run("sleep 30", { timeout: 1 });
  found.late = [late.success, late.exit_code];
  const background = await commands.run("echo made > /workspace/by-background", { background: true, env: { A: "b" } });
  // So short a command may have ended by the time of the answer.
  found.background = [background.process_id.startsWith("proc_"), ["running", "completed"].includes(background.status)];

  const before = await env.getAll();
  found.envAll = [Object.keys(before).length > 0, await env.get("NOBODY_SET_THIS") ?? null];
  found.envSetAll = (await env.setAll({ ...before, ONE: "1", SECRET_TOKEN: "whole" })).ONE;
  await env.set("TWO", "2");
  await env.update({ THREE: "3", ONE: "one" });
  await env.delete("TWO");
  const after = await env.getAll();
  found.envAfter = [after.ONE, after.TWO ?? null, after.THREE, after.SECRET_TOKEN, (await commands.run("echo $ONE-$TWO-$THREE-$SECRET_TOKEN")).stdout];

  const stats = await cache.stats();
  found.cache = [stats.cache.size, typeof stats.cache.max_size, stats.cache.total_hits, typeof stats.cache.ttl, typeof stats.timestamp];
  const cleared = await cache.clear();
  found.cleared = [typeof cleared.message, cleared.entries_removed];

  const ipython = await sandbox.runIpython("kept = 41\nkept + 1", { env: { A: "b" } });
  found.ipython = [ipython.success, (await sandbox.runIpython("print(kept)")).stdout];
  found.sessions = (await sandbox.getJupyterSessions()).map((session) => [typeof session.kernel_id, typeof session.execution_state]);

  const processes = await sandbox.listSystemProcesses();
  found.processes = [processes.some((one) => one.pid === 1), processes.every((one) => one.pid > 0 && typeof one.name === "string")];
  found.listed = (await sandbox.listProcesses()).some((one) => one.process_id === background.process_id);

  const metrics = await sandbox.getMetricsSnapshot();
  const again = await sandbox.getAgentMetrics();
  found.metrics = [metrics.uptime_seconds >= 0, metrics.total_executions > 0, metrics.active_executions >= 0, again.total_requests > metrics.total_requests, again.requests_total["/files/read"] > 0];

  const events = [];
  // Goes on until the sandbox ends.
  void (async () => {
    for await (const message of sandbox.watchFiles("/workspace/deep")) {
      if (message.type === "change") events.push(`${message.event} ${message.path}`);
    }
  })();
  // The SDK says nothing when the watch stands, listens anew for each frame and loses those that come meanwhile. So there is one change at a time, again and again until it is seen.
  const seen = async (pattern, change) => {
    for (let round = 0; round < 100; round++) {
      await change(round);
      for (let look = 0; look < 10; look++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (events.some((event) => pattern.test(event))) return true;
      }
    }
    return false;
  };
  const moment = () => new Promise((resolve) => setTimeout(resolve, 200));
  found.watched = [
    await seen(/^(created|modified) \/workspace\/deep\/first$/, (round) => files.write("/workspace/deep/first", String(round))),
    await seen(/^created \/workspace\/deep\/later\d+$/, (round) => commands.run(`mkdir deep/later${round}`)),
    await seen(/^renamed \/workspace\/deep\/later0\/.*renamed\d+/, async (round) => {
      await commands.run(`echo x > deep/later0/inside${round}`);
      await moment();
      await commands.run(`mv deep/later0/inside${round} deep/later0/renamed${round}`);
    }),
    await seen(/^deleted \/workspace\/deep\/gone\d+$/, async (round) => {
      await commands.run(`echo x > deep/gone${round}`);
      await moment();
      await commands.run(`rm deep/gone${round}`);
    }),
  ];
} finally {
  await sandbox.kill();
}

console.log(JSON.stringify(found));
// What watches has no way to be closed.
process.exit(0);
