/** A video and its jobs in plain words. */

import { size } from "../sizes.js";

const STATES = {
  1: ["Ready", "good"],
  2: ["Encoding", "busy"],
  3: ["Arriving", "busy"],
  4: ["Waiting for the stream", "wait"],
  5: ["Stream ended", ""],
  6: ["Being stored", "busy"],
  7: ["Failed", "bad"],
  8: ["Could not be stored", "bad"],
  9: ["Being edited", "busy"],
};
const BUSY = new Set([2, 3, 6, 9]);
const ENCODING = new Set([2, 6, 9]);
const FAILED = new Set([7, 8]);
// As transcode/videos/following.py says it.
const CANCELLED = "The transcoding was cancelled.";
const MISSING = " is missing: ";
// Jobs that are asked for anew, and not tried again.
const ONCE = new Set(["video-studio-transcoding", "live-rtmp-hls-transcoding"]);

// What the page of jobs calls them too: the server has the words.
const JOB_TITLES = JSON.parse(document.getElementById("jobs").dataset.titles);
const JOB_STATES = {
  1: ["Waiting", "wait"],
  2: ["Running", "busy"],
  3: ["Done", "good"],
  4: ["Failed", "bad"],
  5: ["Waits for another", "wait"],
  6: ["Cancelled", ""],
  7: ["Failed with another", "bad"],
  8: ["Cancelled with another", ""],
  9: ["Finishing", "busy"],
};

/** Whether more is to come of a video by itself. */
export function busy({ state, isLive }) {
  return BUSY.has(state.id) || state.id === 4 || (isLive && state.id === 1);
}

/** Whether a video's work can be cancelled. */
export function encoding({ state, isLive }) {
  return ENCODING.has(state.id) && !isLive;
}

/** Whether a video's work has failed, or was cancelled. */
export function failed({ state }) {
  return FAILED.has(state.id);
}

/** Whether somebody has ended a video's work: for people that is no failure. */
export function isCancelled(video) {
  return failed(video) && video.error === CANCELLED;
}

/** Whether the jobs of a video can be tried again: it has failed, or lacks a rendition. */
export function retriable(video) {
  const isReady = video.state.id === 1 && !video.isLive;
  return failed(video) || (isReady && video.warnings.some((words) => words.includes(MISSING)));
}

/** Why a video has failed; nothing for one that was cancelled. */
export function failure(video) {
  return isCancelled(video) ? "" : video.error ?? "";
}

/** Whether a stream is awaited. */
export function awaitsStream({ state, isLive }) {
  return isLive && state.id === 4;
}

/** Whether a stream is awaited or on the air. */
export function onAir({ state, isLive }) {
  return isLive && (state.id === 1 || state.id === 4);
}

/** The words and the tone of a video's state. */
export function stateWords(video) {
  if (video.isLive && video.state.id === 1) return ["Live", "bad"];
  if (isCancelled(video)) return ["Cancelled", ""];
  const [words, tone] = STATES[video.state.id] ?? [video.state.label, ""];
  const percent = encoding(video) && video.progress ? `, ${video.progress} %` : "";
  return [words + percent, tone];
}

/** Whether it can be watched although it is not ready. */
export function playsAlready({ playable, state }) {
  return playable && state.id !== 1;
}

/** What is known of a video's file. */
export function facts(video) {
  return [
    video.width ? `${video.width} × ${video.height}` : video.hasAudio && video.duration ? "sound only" : "",
    video.fps && video.width ? `${video.fps} frames a second` : "",
    video.duration ? length(video.duration) : "",
    size(video.size),
    video.language ? languageName(video.language) : "",
  ].filter(Boolean).join(" · ");
}

/** What is known of a rendition. */
export function renditionFacts({ width, height, fps, size: bytes, bitrate, codecs }) {
  return [
    width ? `${width} × ${height}` : "",
    width && fps ? `${fps} frames a second` : "",
    bitrate ? `${Math.round(bitrate / 1000)} kbit/s` : "",
    size(bytes),
    codecs.join(", "),
  ].filter(Boolean).join(" · ");
}

/** What a job does. */
export function jobType({ type }) {
  return JOB_TITLES[type] ?? type;
}

/** Which size a job makes. */
export function jobSize({ resolution }) {
  if (resolution === null) return "";
  return resolution ? `${resolution}p` : "sound";
}

/** The words and the tone of a job's state. */
export function jobState({ state }) {
  return JOB_STATES[state.id] ?? [state.label, ""];
}

/** Who does a job. */
export function executor({ executor: name }) {
  if (!name) return "";
  if (name === "local") return "this server";
  return name === "runner" ? "a runner that is gone" : name.replace(/^runner:/, "runner ");
}

/** What can be done about a job: "cancel", "retry" or nothing. */
export function jobAct({ state, type }) {
  if ([1, 2, 5, 9].includes(state.id)) return "cancel";
  return [4, 6].includes(state.id) && !ONCE.has(type) ? "retry" : "";
}

/** A duration as a clock shows it. */
export function length(seconds) {
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${parts.join(":")}` : parts.join(":").replace(/^0/, "");
}

export function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
