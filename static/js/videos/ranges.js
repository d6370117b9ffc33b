/** How parts of files are loaded for hls.js. */

import Hls from "../../vendor/hls.min.mjs";

/**
 * A loader to which an answer that is shorter than its range is a failure, which hls.js tries again.
 *
 * Chromium's cache in memory, that of private windows, ends an answer at its next 4 KiB, and
 * calls it a success, when two ranges of one new file are asked for at once: the head of a
 * rendition and its first segment are. What is cut off breaks the decoder.
 */
export class RangeLoader extends Hls.DefaultConfig.loader {
  load(context, config, callbacks) {
    const onSuccess = (response, stats, of, details) => {
      if (isWhole(context, response.data)) return callbacks.onSuccess(response, stats, of, details);
      callbacks.onError({ code: response.code, text: "cut off" }, of, details, stats);
    };
    super.load(context, config, { ...callbacks, onSuccess });
  }
}

function isWhole({ rangeStart, rangeEnd }, data) {
  return !rangeEnd || data.byteLength === rangeEnd - rangeStart;
}
