import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';

const OVERSCAN = 8;

interface VirtualListProps {
  readonly count: number;
  readonly rowHeight: number;
  readonly row: (index: number) => ReactNode;
  readonly label: string;
  /** Keep the last row in sight as rows are added. */
  readonly follow?: boolean;
  readonly onScrolledBack?: () => void;
  readonly onRange?: (first: number, last: number) => void;
  /** Scroll so that this row is in sight when it changes. */
  readonly reveal?: number | null;
}

/** Rows of one height of which only those in sight exist, whether there are ten or a hundred thousand. */
export function VirtualList({
  count,
  rowHeight,
  row,
  label,
  follow = false,
  onScrolledBack,
  onRange,
  reveal = null,
}: VirtualListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const first = Math.max(0, Math.floor(view.top / rowHeight) - OVERSCAN);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + OVERSCAN);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setView({ top: element.scrollTop, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, count]);
  useLayoutEffect(() => {
    const element = box.current;
    if (reveal === null || element === null) return;
    const top = reveal * rowHeight;
    if (top < element.scrollTop || top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top - element.clientHeight / 2;
    }
  }, [reveal, rowHeight]);
  useLayoutEffect(() => {
    onRange?.(first, last);
  }, [first, last, onRange]);

  return (
    <div
      ref={box}
      className="virtual"
      role="list"
      aria-label={label}
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        setView({ top: scrollTop, height: clientHeight });
        if (follow && scrollTop + clientHeight < scrollHeight - 2 * rowHeight) onScrolledBack?.();
      }}
    >
      <div className="virtual-space" style={{ height: count * rowHeight }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, offset) => (
          <div
            key={first + offset}
            role="listitem"
            className="virtual-row"
            style={{ top: (first + offset) * rowHeight, height: rowHeight }}
          >
            {row(first + offset)}
          </div>
        ))}
      </div>
    </div>
  );
}
