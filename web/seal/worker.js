/**
 * The Worker in which a bid is sealed and tested, and recovery files are made and opened: none of it may hold
 * up the page. `worker-client.js` is the page's side.
 *
 * It is sent one job, `{kind, ...}`, and perhaps `{kind: "stop"}`; it answers with any number of `{progress}` and
 * then `{result}` or `{error: {name, code, message}}`.
 *
 * @typedef {object} StageJob
 * @property {import("./descriptor.js").Context} context
 * @property {import("./envelope.js").StageKeys} keys
 * @property {import("./payload.js").Header} header
 * @property {Blob[]} files
 */

import { seal, selfTest } from "./envelope.js";
import { StoppedError } from "./errors.js";
import { bucket, ciphertextSize, contentSize } from "./payload.js";
import { decryptRecovery, encryptRecovery } from "./recovery.js";
import { openSink, sweep } from "./sink.js";

let stopped = false;

/** @type {Record<string, (job: any) => Promise<any>>} */
const JOBS = {
  seal: ({ stages }) => sealStages(stages),
  encrypt: ({ recovery, passphrase }) => encryptRecovery(recovery, passphrase),
  decrypt: ({ file, passphrase }) => decryptRecovery(file, passphrase),
};

/** @param {StageJob[]} jobs */
async function sealStages(jobs) {
  await sweep();
  const sizes = jobs.map(({ header }) => 2 * ciphertextSize(bucket(contentSize(header))));
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  /** @type {import("./sink.js").Sink[]} */
  const sinks = [];
  const sealed = [];
  let before = 0;
  try {
    for (const [at, job] of jobs.entries()) {
      sinks.push(await openSink());
      const tell = watch(job.header.stage, before, whole);
      sealed.push({ ...(await sealStage(job, sinks[at], tell)), file: sinks[at].name });
      before += sizes[at];
    }
  } catch (error) {
    await Promise.all(sinks.map((sink) => sink.discard()));
    throw error;
  }
  return sealed;
}

/**
 * @param {StageJob} job
 * @param {import("./sink.js").Sink} sink
 * @param {(step: "seal" | "test") => import("./envelope.js").Progress} tell
 */
async function sealStage({ context, keys, header, files }, sink, tell) {
  const sealed = await seal(context, keys, header, files, sink, tell("seal"));
  await selfTest(sealed, tell("test"));
  return sealed;
}

/**
 * Tell the page how far a stage is, and stop where it asked for that: progress is told between two batches.
 *
 * @param {string} stage
 * @param {number} before
 * @param {number} whole
 */
function watch(stage, before, whole) {
  return (/** @type {"seal" | "test"} */ step) => (/** @type {number} */ done, /** @type {number} */ total) => {
    if (stopped) throw new StoppedError("sealing was stopped");
    const fraction = (before + (step === "test" ? total : 0) + done) / whole;
    postMessage({ progress: { step, stage, done, total, fraction } });
  };
}

addEventListener("message", async ({ data: job }) => {
  if (job.kind === "stop") {
    stopped = true;
    return;
  }
  try {
    postMessage({ result: await JOBS[job.kind](job) });
  } catch (error) {
    const { name, message, code = "failed" } = /** @type {any} */ (error);
    postMessage({ error: { name, code, message } });
  }
});
