import { type Box, type Link, layout } from "./layout";

self.onmessage = (event: MessageEvent<{ id: number; boxes: Box[]; links: Link[]; aspect: number }>) => {
  const { id, boxes, links, aspect } = event.data;
  self.postMessage({ id, layout: layout(boxes, links, aspect) });
};
