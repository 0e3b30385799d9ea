import { useComputedColorScheme } from "@mantine/core";
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import styles from "./graph.module.css";
import type { Layout, Place } from "./layout";
import type { Lens } from "./lens";
import { type Palette, paint, paletteOf, type State } from "./paint";
import { matcher, type Picture } from "./picture";
import {
  fitted,
  focusOf,
  type Hit,
  hit,
  nearest,
  revealed,
  type Scene,
  type Size,
  sceneOf,
  toWorld,
  type View,
  zoomed,
} from "./scene";

export interface CanvasHandle {
  fit: () => void;
  zoom: (factor: number) => void;
  /** For measuring: how many boxes are drawn, how long the last painting took (ms), where a box is on the page. */
  measure: () => { boxes: number; took: number };
  locate: (id: string) => Place | null;
}

interface Props {
  picture: Picture;
  layout: Layout;
  lens: Lens;
  comparing: boolean;
  find: string | undefined;
  selected: string | null;
  selectedEdge: string | null;
  onNode: (id: string) => void;
  onEdge: (id: string) => void;
  onGroup: (id: string) => void;
  onNothing: () => void;
  ref?: React.Ref<CanvasHandle>;
}

/** How near to a line the pointer must be, in pixels of the screen; and how far it may move and still click. */
const REACH = 6;
const STILL = 4;

/** The drawn graph. Nothing moves by itself. Drag pans, wheel and pinch zoom; arrow keys walk from box to box, Enter opens. */
export default function Canvas(props: Props) {
  const { picture, layout, lens, comparing, find, selected, selectedEdge } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const scene = useMemo(() => sceneOf(picture, layout), [picture, layout]);
  const found = useMemo(() => {
    const matches = matcher(find);
    return matches ? new Set(scene.nodes.filter(matches).map((node) => node.id)) : null;
  }, [scene, find]);
  const focus = useMemo(() => focusOf(scene, selected, selectedEdge, found), [scene, selected, selectedEdge, found]);
  const scheme = useComputedColorScheme();
  const [spoken, setSpoken] = useState("");

  // What changes with the pointer lives outside React: a frame must cost the painting and nothing else.
  const live = useRef({
    view: null as View | null,
    size: { width: 0, height: 0 } as Size,
    over: null as string | null,
    walked: null as string | null,
    palette: null as Palette | null,
    frame: 0,
    took: 0,
    shape: "",
  });
  const current = useRef<{ scene: Scene; state: Omit<State, "over" | "walked">; props: Props }>(null!);
  current.current = { scene, state: { lens, comparing, focus, found, selected, selectedEdge }, props };

  const repaint = useCallback(() => {
    live.current.frame ||= requestAnimationFrame(() => {
      const { view, size, over, walked, palette } = live.current;
      live.current.frame = 0;
      const context = canvas.current?.getContext("2d", { alpha: false });
      if (!context || !view || !palette) return;
      const began = performance.now();
      paint(context, current.current.scene, view, size, canvas.current!.width / size.width, palette, {
        ...current.current.state,
        over,
        walked,
      });
      live.current.took = performance.now() - began;
    });
  }, []);
  const look = useCallback(
    (view: View) => {
      live.current.view = view;
      repaint();
    },
    [repaint],
  );

  useEffect(() => {
    const element = canvas.current!;
    const resize = () => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width === 0 || height === 0) return;
      const ratio = Math.min(devicePixelRatio || 1, 2);
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      const before = live.current.size;
      live.current.size = { width, height };
      // A drawer that opens keeps the middle in the middle.
      if (live.current.view && before.width)
        live.current.view = {
          ...live.current.view,
          x: live.current.view.x + (width - before.width) / 2,
          y: live.current.view.y + (height - before.height) / 2,
        };
      else live.current.view = fitted(current.current.scene, live.current.size);
      repaint();
    };
    resize();
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    // React listens to wheels passively; the page must not scroll while the graph zooms.
    const wheel = (event: globalThis.WheelEvent) => {
      event.preventDefault();
      const { view } = live.current;
      if (!view) return;
      const at = { x: event.offsetX, y: event.offsetY };
      // A touchpad scrolls in two directions and pinches with ctrl; a mouse wheel zooms.
      if (!event.ctrlKey && event.deltaX !== 0) look({ ...view, x: view.x - event.deltaX, y: view.y - event.deltaY });
      else
        look(
          zoomed(view, Math.exp(-Math.max(Math.min(event.deltaY, 240), -240) * (event.ctrlKey ? 0.008 : 0.0016)), at),
        );
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", wheel);
      cancelAnimationFrame(live.current.frame);
      live.current.frame = 0;
    };
  }, [repaint, look]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme's colours are read from the page when the theme changes
  useEffect(() => {
    live.current.palette = paletteOf(canvas.current!);
    repaint();
    // Text is painted in a font that may still be on its way.
    void document.fonts?.ready.then(repaint);
  }, [scheme, repaint]);

  useEffect(() => {
    // The view stays where the person put it, unless the graph took another shape.
    const shape = `${Math.round(scene.width / 60)}x${Math.round(scene.height / 60)}`;
    if (live.current.shape !== shape) {
      live.current.shape = shape;
      if (live.current.size.width) live.current.view = fitted(scene, live.current.size);
    }
    repaint();
  }, [scene, repaint]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what is painted
  useEffect(repaint, [lens, comparing, focus, found, selected, selectedEdge, repaint]);

  useImperativeHandle(props.ref, () => ({
    fit: () => look(fitted(current.current.scene, live.current.size)),
    zoom: (factor) => {
      const { view, size } = live.current;
      if (view) look(zoomed(view, factor, { x: size.width / 2, y: size.height / 2 }));
    },
    measure: () => ({ boxes: current.current.scene.nodes.length, took: live.current.took }),
    locate: (id) => {
      const node = current.current.scene.byId.get(id);
      const { view } = live.current;
      const box = canvas.current?.getBoundingClientRect();
      return node && view && box
        ? { x: box.x + node.x * view.scale + view.x, y: box.y + node.y * view.scale + view.y }
        : null;
    },
  }));

  const under = (event: PointerEvent): Hit => {
    const { view } = live.current;
    return view
      ? hit(
          current.current.scene,
          toWorld(view, { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY }),
          REACH / view.scale,
        )
      : null;
  };
  const hands = useRef(new Map<number, Place>());
  const moved = useRef(0);
  const lastClick = useRef({ id: "", at: 0 });

  const down = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    hands.current.set(event.pointerId, { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY });
    moved.current = 0;
  };
  const move = (event: PointerEvent) => {
    const { view } = live.current;
    const at = { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY };
    const before = hands.current.get(event.pointerId);
    if (!view) return;
    if (!before) {
      const target = under(event);
      const over = target?.id ?? null;
      if (over !== live.current.over) {
        live.current.over = over;
        canvas.current!.dataset.over = String(target !== null && target.what !== "group");
        repaint();
      }
      return;
    }
    moved.current += Math.abs(at.x - before.x) + Math.abs(at.y - before.y);
    const other = [...hands.current].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      // Two fingers: the middle pans, the distance zooms.
      const factor =
        Math.hypot(at.x - other.x, at.y - other.y) / Math.max(Math.hypot(before.x - other.x, before.y - other.y), 1);
      const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
      const panned = { ...view, x: view.x + (at.x - before.x) / 2, y: view.y + (at.y - before.y) / 2 };
      look(zoomed(panned, factor, middle));
    } else if (moved.current > STILL) look({ ...view, x: view.x + at.x - before.x, y: view.y + at.y - before.y });
    hands.current.set(event.pointerId, at);
  };
  const up = (event: PointerEvent) => {
    hands.current.delete(event.pointerId);
    if (moved.current > STILL || event.type === "pointercancel") return;
    const target = under(event);
    const node = target?.what === "node" ? scene.byId.get(target.id) : undefined;
    const group = target?.what === "group" ? target.id : node?.holds ? node.id : null;
    const again = group !== null && lastClick.current.id === group && event.timeStamp - lastClick.current.at < 400;
    lastClick.current = { id: group ?? "", at: event.timeStamp };
    if (again) props.onGroup(group);
    else if (!target) props.onNothing();
    else if (target.what === "edge") props.onEdge(target.id);
    else props.onNode(target.id);
  };

  const walk = (event: KeyboardEvent) => {
    const { view, size, walked } = live.current;
    if (!view) return;
    const direction = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    const middle = { x: size.width / 2, y: size.height / 2 };
    if (direction) {
      event.preventDefault();
      const next = nearest(
        scene,
        walked ?? (selected && scene.byId.has(selected) ? selected : null),
        direction[0]!,
        direction[1]!,
      );
      if (!next) return;
      live.current.walked = next.id;
      look(revealed(view, next, size));
      setSpoken(
        `${next.label}${next.group ? ` in ${next.group.split("/").at(-1)}` : ""}, ${next.holds ? `${next.holds} inside` : next.kind}${next.critical ? `, ${next.critical} critical findings` : ""}`,
      );
    } else if (event.key === "Enter" && walked) {
      event.preventDefault();
      props.onNode(walked);
    } else if (event.key === " " && walked) {
      event.preventDefault();
      const node = scene.byId.get(walked);
      const group = node?.holds ? node.id : node?.group;
      if (group) props.onGroup(group);
    } else if (event.key === "+" || event.key === "=") look(zoomed(view, 1.25, middle));
    else if (event.key === "-") look(zoomed(view, 0.8, middle));
    else if (event.key === "0") look(fitted(scene, size));
  };

  return (
    <>
      <canvas
        ref={canvas}
        className={styles.canvas}
        role="application"
        aria-label={`Graph of ${picture.nodes.length} boxes and ${picture.edges.length} connections. Arrow keys walk, Enter opens, Space opens or closes a group. The same as a table: button Table.`}
        tabIndex={0}
        onKeyDown={walk}
        onBlur={() => {
          live.current.walked = null;
          repaint();
        }}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        onPointerLeave={() => {
          live.current.over = null;
          repaint();
        }}
      />
      <div className="visually-hidden" role="status">
        {spoken}
      </div>
    </>
  );
}
