// The SDK's whole surface of a sandbox's life, as its documentation says; prints what came back, for the test to compare.
import { Sandbox, SandboxExpiredError } from "@hopx-ai/sdk";

const [baseURL, apiKey] = process.argv.slice(2);
const account = { apiKey, baseURL };
const found = {};
const status = async (sandbox) => (await sandbox.getInfo()).status;
const failure = async (action) => {
  try {
    await action();
    return "none";
  } catch (error) {
    return error instanceof SandboxExpiredError ? "SandboxExpiredError" : `${error.constructor.name} ${error.code ?? ""}`.trim();
  }
};

const sandbox = await Sandbox.create({ ...account, template: "base", timeoutSeconds: 600 });
const others = [];
try {
  found.created = [await status(sandbox), typeof sandbox.sandboxId];
  const info = await sandbox.getInfo();
  found.info = [info.templateName, info.resources.vcpu > 0, info.resources.memoryMb > 0, info.resources.diskMb > 0, info.publicHost.startsWith("http://")];

  await sandbox.commands.run("echo kept > /workspace/kept");
  await sandbox.pause();
  found.paused = await status(sandbox);
  // Paused by its caller: it is not woken by using it.
  found.pausedCall = (await failure(() => sandbox.commands.run("true"))) !== "none";
  await sandbox.pause();
  await sandbox.resume();
  await sandbox.resume();
  found.resumed = [await status(sandbox), (await sandbox.files.read("/workspace/kept")).trim()];

  await sandbox.pause();
  const again = await Sandbox.connect(sandbox.sandboxId, apiKey, baseURL);
  found.connectWakes = [await status(again), (await again.files.read("/workspace/kept")).trim()];

  await sandbox.setTimeout(7200);
  const expiry = await sandbox.getExpiryInfo();
  found.expiry = [expiry.isExpired, expiry.hasTimeout, expiry.timeToExpiry > 7000 && expiry.timeToExpiry <= 7200, await sandbox.isExpiringSoon(60), await sandbox.isExpiringSoon(8000)];

  const before = await sandbox.getToken();
  await sandbox.refreshToken();
  const after = await sandbox.getToken();
  found.token = [before.startsWith("eyJ"), after.startsWith("eyJ"), before !== after];
  await sandbox.ensureValidToken();
  await sandbox.init();
  await sandbox.ensureHealthy();
  found.health = [(await sandbox.getHealth()).status, await sandbox.isHealthy(), typeof (await sandbox.getAgentInfo()).version];
  found.agentUrl = (await sandbox.getInfo()).publicHost.startsWith("http://127.0.0.1:");

  for (let count = 0; count < 2; count++) others.push(await Sandbox.create({ ...account, templateId: "72", timeoutSeconds: 600 }));
  await others[0].pause();
  const ids = [sandbox, ...others].map((one) => one.sandboxId);
  const listed = async (options) => (await Sandbox.list({ ...account, ...options })).map((one) => one.sandboxId).filter((id) => ids.includes(id));
  found.list = [(await listed({})).length, (await listed({ status: "paused" })).length, (await listed({ status: "running" })).length, (await Sandbox.list({ ...account, limit: 1 })).length];
  found.regions = [(await listed({ region: "local" })).length, (await listed({ region: "mars" })).length];
  const iterated = [];
  for await (const one of Sandbox.iter({ ...account })) iterated.push(one.sandboxId);
  found.iter = ids.every((id) => iterated.filter((other) => other === id).length === 1);
  found.templates = [(await Sandbox.getTemplate("base", account)).id, (await Sandbox.listTemplates({ ...account, language: "python" })).length > 0];
  found.unknownRegion = await failure(() => Sandbox.create({ ...account, template: "base", region: "mars" }));
  found.absurdTimeout = await failure(() => sandbox.setTimeout(-5));
} finally {
  for (const one of [sandbox, ...others]) await one.kill();
}

found.gone = [await failure(() => sandbox.getInfo()), await failure(() => sandbox.kill()), await failure(() => sandbox.pause()), await failure(() => sandbox.refreshToken())];
console.log(JSON.stringify(found));
