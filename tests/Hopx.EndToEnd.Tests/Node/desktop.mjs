// Uses every desktop method of the official SDK on the playground's page, and prints what pixels and state say of it, for the test to compare.
import { inflateSync } from "node:zlib";
import { DesktopNotAvailableError, Sandbox } from "@hopx-ai/sdk";

const [baseURL, apiKey, id] = process.argv.slice(2);
const found = {};
const sandbox = await Sandbox.connect(id, apiKey, baseURL);
const { desktop } = sandbox;

const run = async (line) => (await sandbox.commands.run(line, { timeout: 60 })).stdout.trim();
const told = (name, value) => run(`curl --silent --noproxy '*' --max-time 40 'http://127.0.0.1:8200/until?name=${name}&value=${encodeURIComponent(value)}'`);
const windowOf = async (title) => (await desktop.listWindows()).find((window) => window.title.startsWith(title));

// Rows of a PNG of 8 bits a channel without an alpha channel, each as it is or as the difference to the row above.
const decode = (png) => {
  const [width, height] = [png.readInt32BE(16), png.readInt32BE(20)];
  const parts = [];
  for (let at = 8; at < png.length; at += png.readInt32BE(at) + 12) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, at + 8 + png.readInt32BE(at)));
  }
  const data = inflateSync(Buffer.concat(parts));
  const stride = width * 3;
  const rows = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    if (filter !== 0 && filter !== 2) throw new Error(`Row ${y} has the filter ${filter}.`);
    for (let x = 0; x < stride; x++) {
      rows[y * stride + x] = data[y * (stride + 1) + 1 + x] + (filter === 2 && y > 0 ? rows[(y - 1) * stride + x] : 0);
    }
  }
  return { width, height, at: (x, y) => [...rows.subarray(y * stride + x * 3, y * stride + x * 3 + 3)].join(",") };
};
const screen = async () => decode(Buffer.from((await desktop.screenshot()).image, "base64"));

// Pictures.
const whole = await desktop.screenshot();
const picture = decode(Buffer.from(whole.image, "base64"));
found.screenshot = [whole.format, whole.width, whole.height, picture.width, picture.height, picture.at(120, 460)];
const region = decode(await desktop.screenshotRegion(110, 455, 20, 10));
found.screenshotRegion = [region.width, region.height, region.at(0, 0), region.at(19, 9)];

// Mouse.
await desktop.mouseClick(60, 60);
found.mouseClick = await told("clicks", "1");
await desktop.mouseClick(120, 60, { clicks: 2 });
await desktop.mouseClick(150, 60, { button: "right" });
found.mouseClickOptions = [await told("doubles", "1"), await told("contexts", "1")];
const closed = (await screen()).at(860, 350);
await desktop.mouseMove(930, 300);
await desktop.waitFor("Paste");
found.mouseMove = [closed, (await screen()).at(860, 350)];
await desktop.mouseDrag(80, 600, 380, 650);
found.mouseDrag = await told("handle", "340,610");
await desktop.mouseScroll(190, 265, 300);
const down = await told("scrolled", "left low");
await desktop.mouseScroll(190, 265, -2000);
found.mouseScroll = [down, await told("scrolled", "left high")];
await desktop.dragDrop(90, 450, 380, 470);
found.dragDrop = await told("dropped", "the card");

// Keyboard and clipboard.
await desktop.mouseClick(600, 260);
await desktop.keyboardType("naïve 漢字 🎈 text");
found.keyboardType = await told("text", "naïve 漢字 🎈 text");
await desktop.keyboardPress("BackSpace");
found.keyboardPress = await told("text", "naïve 漢字 🎈 tex");
await desktop.hotkey(["ctrl"], "a");
await desktop.keyboardCombination(["ctrl", "x"]);
found.hotkey = await told("text", "");
found.getClipboard = await desktop.getClipboard();
await desktop.setClipboard("from the SDK ✓");
await desktop.keyboardCombination(["ctrl", "v"]);
found.setClipboard = await told("text", "from the SDK ✓");
found.getClipboardHistory = (await desktop.getClipboardHistory()).slice(0, 2);

// Text on the screen.
found.ocr = (await desktop.ocr(40, 100, 330, 24)).includes("five dozen");
const element = await desktop.findElement("dozen");
found.findElement = [element.x > 40, element.x < 370, element.y > 90, element.y < 130, await desktop.findElement("Zyzzogeton")];
const bounds = await desktop.getBounds("dozen");
found.getBounds = ["x", "y", "width", "height"].every((key) => bounds[key] === element[key]);
const waiting = desktop.waitFor("Nevermore", 30);
await desktop.keyboardType("\nNevermore");
const waited = await waiting;
found.waitFor = [waited.x > 390, waited.y > 190, waited.y < 340];

// Windows. The page's fills the screen, so the second one is opened only now.
await run("setsid su user -c 'DISPLAY=:1 xterm -T second -e sleep 600' > /dev/null 2>&1 &");
let second;
while (!(second = await windowOf("second"))) await run("sleep 0.1");
found.listWindows = [typeof second.id, second.pid > 0, second.is_minimized, (await windowOf("Playground")).width];
await desktop.minimizeWindow(second.id);
found.minimizeWindow = (await windowOf("second")).is_minimized;
await desktop.focusWindow(second.id);
const focused = await windowOf("second");
found.focusWindow = [focused.is_minimized, focused.is_active];
await desktop.resizeWindow(second.id, 500, 320);
const resized = await windowOf("second");
found.resizeWindow = [Math.abs(resized.width - 500) < 20, Math.abs(resized.height - 320) < 30];
const captured = decode(await desktop.captureWindow(second.id));
found.captureWindow = [captured.width === resized.width, captured.height === resized.height];
await desktop.closeWindow(second.id);
found.closeWindow = (await windowOf("second")) === undefined;

// Display.
const display = await desktop.getDisplayInfo();
found.getDisplayInfo = [display.width, display.height, display.depth];
found.getAvailableResolutions = (await desktop.getAvailableResolutions()).some(([width, height]) => width === 1920 && height === 1080);
await desktop.setResolution(1024, 768);
const small = await screen();
await desktop.setResolution(1280, 800);
found.setResolution = [small.width, small.height, (await desktop.getDisplayInfo()).width];

// Recording.
await desktop.startRecording("/tmp/sdk.mp4");
const recording = await desktop.getRecordingStatus();
await desktop.mouseMove(700, 700);
await desktop.stopRecording();
const stopped = await desktop.getRecordingStatus();
found.recording = [recording.status, recording.recording, stopped.status, stopped.file_path];
const video = await desktop.downloadRecording(stopped.recording_id);
found.downloadRecording = [
  video.toString("latin1", 4, 8), video.length === stopped.file_size,
  await run("ffprobe -loglevel error -show_entries stream=width,height -of csv=p=0 /tmp/sdk.mp4"),
];

// VNC.
const greet = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/5901 && head -c 12 <&3' 2>&1";
const vnc = await desktop.startVnc();
found.startVnc = [vnc.running, vnc.display, vnc.port, await run(greet)];
found.getVncInfo = [(await desktop.getVncInfo()).running, await desktop.getVncUrl()];
await desktop.stopVnc();
found.stopVnc = [(await desktop.getVncInfo()).running, (await run(greet)).includes("refused")];

// Debugging.
found.getDebugLogs = (await desktop.getDebugLogs()).some((line) => line.includes("Xvnc"));
found.getDebugProcesses = (await desktop.getDebugProcesses()).some((program) => program.name === "openbox" && program.pid > 0);

const plain = await Sandbox.create({ apiKey, baseURL, template: "base", timeoutSeconds: 600 });
try {
  found.elsewhere = await plain.desktop.screenshot().then(() => "a picture", (error) => error instanceof DesktopNotAvailableError);
} finally {
  await plain.kill();
}

console.log(JSON.stringify(found));
