/** Numbers as people read them in a list: three digits that matter, a unit, never a bare long figure. */

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `842`, `12.4 k`, `3.1 M`. */
export function count(value: number): string {
  return scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

/** All digits, grouped: for a tooltip and for figures that must be exact. */
export function exact(value: number): string {
  return plain.format(value);
}

/** `812 B`, `4.2 KiB`. */
export function bytes(value: number): string {
  return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

function scaled(value: number, base: number, units: string[]): string {
  let unit = 0;
  let rest = Math.abs(value);
  while (rest >= base && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  // 999.95 k would print as 1000 k.
  if (unit > 0 && unit < units.length - 1 && Number(rest.toPrecision(3)) >= base) {
    rest /= base;
    unit++;
  }
  const text =
    unit === 0 && Number.isInteger(rest)
      ? String(rest)
      : rest >= 100
        ? rest.toFixed(0)
        : rest >= 10
          ? rest.toFixed(1)
          : rest.toFixed(unit === 0 ? 2 : 1);
  return `${value < 0 ? "−" : ""}${text.replace(/\.0$/, "")}${units[unit] ? ` ${units[unit]}` : ""}`;
}

/** A share of a whole. Never rounds something to `0 %`, nor almost everything to `100 %`. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (100 * part) / whole;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 0.01) return "<0.01 %";
  if (percent > 99.99) return ">99.99 %";
  return `${percent < 1 || percent > 99 ? percent.toFixed(2) : percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** A span of seconds: `0.4 ms`, `12 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function duration(seconds: number): string {
  const span = Math.abs(seconds);
  if (span === 0) return "0 s";
  if (span < 1e-6) return `${(span * 1e9).toFixed(0)} ns`;
  if (span < 1e-3) return `${three(span * 1e6)} µs`;
  if (span < 1) return `${three(span * 1e3)} ms`;
  if (span < 60) return `${three(span)} s`;
  const minutes = Math.floor(span / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 && hours < 10 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

function three(value: number): string {
  return value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1).replace(/\.0$/, "")
      : value.toFixed(1).replace(/\.0$/, "");
}

/** `1 pod`, `3 pods`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
