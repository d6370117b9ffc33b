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
  if (!("named" in card.dataset)) name(card, slot("subject"), job.id);
}

/** A job's progress over all its stages, 0 to 1. */
function overall({ status, progress, stage_index: index, stage_count: count }) {
  if (status === "succeeded") return 1;
  return Math.min(1, (index + progress) / Math.max(1, count));
}

/** Where a job is; of one with several stages also, where it came to its bad end. */
function stage({ status, stage: text, stage_index: index, stage_count: count, attempt }) {
  const endedBadly = status === "failed" || status === "cancelled";
  if (!text || !(status === "running" || (endedBadly && count > 1))) return "";
  const words = count > 1 ? `Stage ${index + 1} of ${count}: ${text}` : text;
  return attempt > 1 ? `${words} (attempt ${attempt})` : words;
}

/** Say what the job is about; only the server knows the words. */
async function name(card, slot, jobId) {
  card.dataset.named = "";
  try {
    const { text, url } = await call("GET", `/job-subject/${jobId}/`);
    slot.textContent = text;
    if (url) slot.href = url;
  } catch {
    delete card.dataset.named; // the next change asks again
  }
}
