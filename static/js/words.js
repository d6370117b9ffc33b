/** An upload in plain words. */

import { size } from "./sizes.js";

const LABELS = {
  uploaded: ["Not read", ""],
  pending: ["Waiting", "wait"],
  processing: ["Reading", "busy"],
  processed: ["Ready", "good"],
  error: ["Failed", "bad"],
};
const FAILURES = {
  cancelled: "The reading was cancelled.",
  timeout: "Reading took too long and was ended.",
  unreadable_image: "The file is damaged or protected and cannot be opened.",
  unsupported_media: "Files of this type cannot be read.",
  too_many_pages: "The document has more pages than this server allows.",
  too_many_pixels: "The picture is larger than this server allows.",
  language_missing: "The language is not installed on this server.",
  engine_missing: "Text recognition is not installed on this server.",
  engine_failed: "Text recognition failed on this file.",
  worker_lost: "The server was interrupted several times while it read this file.",
  internal: "The server met an unexpected error while it read this file.",
};
const TYPES = {
  "application/pdf": "PDF", "image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF",
  "image/webp": "WebP", "image/gif": "GIF", "image/bmp": "BMP",
};
const MODES = { fast: "fast reading", high_accuracy: "thorough reading" };
const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language" });

/** Whether an upload is waiting or being read. */
export function busy({ status }) {
  return status === "pending" || status === "processing";
}

/** Whether somebody ended the reading: that is no failure. */
export function isCancelled({ status, error_code: code }) {
  return status === "error" && code === "cancelled";
}

/** The word and the tone of an upload's status. */
export function label(upload) {
  return isCancelled(upload) ? ["Cancelled", ""] : LABELS[upload.status] ?? [upload.status, ""];
}

/** Why an upload failed. */
export function failure({ status, error, error_code: code }) {
  return status === "error" ? FAILURES[code] ?? error ?? FAILURES.internal : "";
}

/** How far a reading is. */
export function progressWords(upload) {
  if (upload.status === "pending") return "Waiting for its turn";
  if (upload.status !== "processing") return "";
  const percent = `${Math.round((upload.progress ?? 0) * 100)} %`;
  const many = upload.page && upload.page_count > 1;
  return many ? `Reading page ${upload.page} of ${upload.page_count}, ${percent}` : `Reading, ${percent}`;
}

/** What is known of the file and its text. */
export function facts(upload) {
  return [
    TYPES[upload.mime_type] ?? upload.mime_type,
    upload.page_count > 1 ? `${upload.page_count} pages` : "",
    size(upload.size_bytes),
    MODES[upload.ocr_mode],
    upload.status === "processed" && upload.detected_language ? languageName(upload.detected_language) : "",
    upload.status === "processed" && upload.confidence ? `confidence ${Math.round(upload.confidence)} %` : "",
  ].filter(Boolean).join(" · ");
}

/** The English name of an ISO 639 code, or of several joined by +. */
export function languageName(codes) {
  return codes.split("+").map((code) => {
    try {
      return LANGUAGES.of(code);
    } catch {
      return code;
    }
  }).join(" + ");
}
