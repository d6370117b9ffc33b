/** One job on the page of jobs; the words match those of core/pages/cards.py. */

import { call } from "./api.js";
import { localTimes } from "./times.js";

const LABELS = {
  queued: ["Waiting", "wait"],
  running: ["Running", "busy"],
  succeeded: ["Done", "good"],
  failed: ["Failed", "bad"],
  cancelled: ["Cancelled", ""],
};
const TITLES = JSON.parse(document.getElementById("kind-titles").textContent);

/** Whether a job has reached a final state. */
export function finished({ status }) {
  return status !== "queued" && status !== "running";
}

/** Write a job's state into its card. Text is set as text: it comes from users and programs. */
export function fill(card, job) {
  const [label, tone] = LABELS[job.status] ?? [job.status, ""];
  const share = overall(job);
  card.id = `job-${job.id}`;
  Object.assign(card.dataset, { job: job.id, status: job.status, revision: job.revision });
  const slot = (name) => card.querySelector(`[data-slot="${name}"]`);
  slot("title").textContent = TITLES[job.kind] ?? job.kind;
  slot("status").textContent = label;
  slot("status").dataset.tone = tone;
  slot("progress").value = share;
  slot("progress").setAttribute("aria-label", `Progress of ${slot("title").textContent}`);
  slot("percent").textContent = job.status === "running" ? `${Math.round(share * 100)} %` : "";
  slot("stage").textContent = stage(job);
  slot("error").textContent = job.error?.message ?? "";
  slot("error").hidden = job.status !== "failed" || !job.error;
  card.querySelector("time").dateTime = job.created_at;
  localTimes(card);
  if (!("named" in card.dataset) && job.params?.upload_id) name(card, slot("subject"), job.params.upload_id);
}

/** A job's progress over all its stages, 0 to 1. */
function overall({ status, progress, stage_index: index, stage_count: count }) {
  if (status === "succeeded") return 1;
  return Math.min(1, (index + progress) / Math.max(1, count));
}

function stage({ status, stage: text, stage_index: index, stage_count: count, attempt }) {
  if (status !== "running") return "";
  const words = count > 1 ? `Stage ${index + 1} of ${count}: ${text}` : text;
  return attempt > 1 ? `${words} (attempt ${attempt})` : words;
}

/** Say which file the job is about. */
async function name(card, subject, uploadId) {
  card.dataset.named = "";
  try {
    const upload = await call("GET", `/api/v1/core/uploads/${uploadId}/`);
    subject.textContent = upload.filename || "a file";
    subject.href = `/uploads/#${uploadId}`;
    subject.hidden = false;
  } catch {
    // the file was deleted meanwhile: the job stays, without its name
  }
}
