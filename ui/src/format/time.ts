/** Times: relative in lists, absolute on hover, always with the zone. `now` is handed in. */

import { duration } from "./numbers";

/** `12 s ago`, `in 3 min`, `just now`. */
export function relative(time: number, now: number): string {
  const seconds = (now - time) / 1000;
  if (Math.abs(seconds) < 1) return "just now";
  const span = duration(Math.abs(seconds) < 60 ? Math.round(Math.abs(seconds)) : seconds);
  return seconds > 0 ? `${span} ago` : `in ${span}`;
}

/** `2026-03-01 14:05:09.123 +01:00`: sortable, with milliseconds and zone. */
export function absolute(time: number): string {
  const date = new Date(time);
  const offset = -date.getTimezoneOffset();
  const zone =
    offset === 0 ? "UTC" : `${offset < 0 ? "−" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  return `${day(date)} ${clock(date)}.${String(date.getMilliseconds()).padStart(3, "0")} ${zone}`;
}

/** Within this long of now a clock time names one moment, so the day would only be noise. */
const SAME_DAY = 20 * 3_600_000;

/** A moment in a list: the clock, with milliseconds if asked for; with the day instead where the clock alone would not do. */
export function moment(time: number, now: number, withMillis = false): string {
  const date = new Date(time);
  if (Math.abs(now - time) > SAME_DAY) return `${day(date).slice(5)} ${clock(date)}`;
  return clock(date) + (withMillis ? `.${String(date.getMilliseconds()).padStart(3, "0")}` : "");
}

/** The ends of a window, without repeating what both share. */
export function windowWords(from: number, to: number): string {
  const [start, end] = [new Date(from), new Date(to)];
  const seconds = to - from < 600_000;
  const at = (date: Date) => (seconds ? clock(date) : clock(date).slice(0, 5));
  return day(start) === day(end)
    ? `${day(start)} ${at(start)} – ${at(end)}`
    : `${day(start)} ${at(start)} – ${day(end)} ${at(end)}`;
}

const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
const day = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const clock = (date: Date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
