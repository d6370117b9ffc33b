/** A number of bytes in words; "" for none. */
export function size(bytes) {
  if (!bytes) return "";
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power < 2 ? Math.round(amount) : amount.toFixed(1)} ${units[power - 1]}`;
}
