/** Times in the reader's own zone and language. */

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Rewrite every <time> below `root`; its `datetime` stays. */
export function localTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (!Number.isNaN(moment.valueOf())) element.textContent = FORMAT.format(moment);
  }
}
