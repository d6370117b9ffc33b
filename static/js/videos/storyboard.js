/** The small pictures that the player shows over its bar. */

/**
 * Say which part of the one large picture stands for which seconds, in the player's shape.
 *
 * Pictures lie row by row; each stands for `spriteDuration` seconds.
 */
export function thumbnails(storyboard, durationS) {
  const { url, totalWidth, totalHeight, spriteWidth: w, spriteHeight: h, spriteDuration } = storyboard;
  const columns = Math.max(1, Math.floor(totalWidth / w));
  const room = columns * Math.max(1, Math.floor(totalHeight / h));
  const count = Math.max(1, Math.min(room, Math.ceil(durationS / spriteDuration)));
  const frames = Array.from({ length: count }, (_, index) => ({
    startTime: index * spriteDuration,
    endTime: (index + 1) * spriteDuration,
    text: url,
    x: (index % columns) * w,
    y: Math.floor(index / columns) * h,
    w,
    h,
  }));
  return { frames, width: totalWidth, height: totalHeight, urlPrefix: "" };
}
