import { useEffect, useRef, useState } from "react";
import type { Layout } from "./layout";
import LayoutWorker from "./layout.worker?worker";
import type { Picture } from "./picture";

interface Laid {
  picture: Picture;
  layout: Layout;
  /** Milliseconds from asking to answer. */
  took: number;
}

/** Lays a picture out in a worker. The last picture stays with its layout until the next is ready, so the two always match. */
export function useLayout(picture: Picture | null, aspect: number): Laid | null {
  const [laid, setLaid] = useState<Laid | null>(null);
  const worker = useRef<Worker | null>(null);
  useEffect(() => {
    worker.current = new LayoutWorker();
    return () => {
      worker.current?.terminate();
      worker.current = null;
    };
  }, []);
  // A resized window does not move the boxes: only a clearly different shape does.
  const shape = Math.min(Math.max(Math.round(aspect * 4) / 4, 0.5), 3);
  const asked = useRef(0);
  useEffect(() => {
    if (!picture || !worker.current) return;
    const id = ++asked.current;
    const began = performance.now();
    const boxes = picture.nodes.map(({ id: box, width, height, group }) => ({ id: box, width, height, group }));
    const links = picture.edges.map(({ source, target, weight }) => ({ source, target, weight }));
    worker.current.onmessage = (event: MessageEvent<{ id: number; layout: Layout }>) => {
      if (event.data.id === asked.current)
        setLaid({ picture, layout: event.data.layout, took: performance.now() - began });
    };
    worker.current.postMessage({ id, boxes, links, aspect: shape });
  }, [picture, shape]);
  return laid;
}
