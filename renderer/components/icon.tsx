/** Line icons on a 16-px grid. */
const paths = {
  overview: 'M2.5 9.5a5.5 5.5 0 1 1 11 0M8 9.5l2.5-3M2.5 12.5h11',
  tree: 'M3 3h4v3H3zM9 6.5h4v3H9zM9 11h4v3H9zM5 6v6.5h4M5 8h4',
  flow: 'M3.5 5.5a2 2 0 1 0 0-.01M12.5 12.5a2 2 0 1 0 0-.01M5.5 5.5h5a2 2 0 0 1 2 2v3',
  pegs: 'M3 5h9m-2.5-2.5L12 5 9.500 7.5M13 11H4m2.500-2.500L4 11l2.500 2.500',
  chain: 'M2.500 5.500h4v5h-4zM9.500 5.500h4v5h-4zM6.500 8h3',
  network:
    'M8 4.500v3m0 0-4 4m4-4 4 4M8 4.500a1.250 1.250 0 1 0 0-.01M4 13a1.250 1.250 0 1 0 0-.01M12 13a1.250 1.250 0 1 0 0-.01',
  logs: 'M3 4h10M3 8h7M3 12h9',
  search: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9m3.300-1.200L13.500 13.500',
  copy: 'M5.500 5.500v-2h7v7h-2M3.500 5.500h7v7h-7z',
  check: 'M3 8.500 6.500 12 13 4.500',
  cross: 'm4 4 8 8m0-8-8 8',
  warn: 'M8 2.500 14 13H2zM8 6.500v3m0 1.500v.5',
  halt: 'M5.500 2.500h5l3 3v5l-3 3h-5l-3-3v-5zM8 5v4m0 1.500v.5',
  stop: 'M4.500 4.500h7v7h-7z',
  play: 'M5 3.500v9l7-4.500z',
  pause: 'M5.500 3.500v9m5-9v9',
  restart: 'M12.500 8A4.500 4.500 0 1 1 11 4.600M11.500 2v3h-3',
  export: 'M8 2.500v7m0 0L5.500 7M8 9.500 10.500 7M3 11v2.500h10V11',
  sun: 'M8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5M8 1.500v1.500m0 10v1.500M1.500 8H3m10 0h1.500M3.400 3.400l1 1m7.200 7.200 1 1m0-9.200-1 1m-7.200 7.200-1 1',
  moon: 'M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500',
  system: 'M2.500 3.500h11v7h-11zM6 13.500h4',
  dot: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  ring: 'M8 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8',
  link: 'M6.500 9.500l3-3M7 4.500l1.500-1.500a2.500 2.500 0 0 1 3.500 3.500L10.500 8M9 11.500 7.500 13A2.500 2.500 0 0 1 4 9.500L5.500 8',
  down: 'm4 6 4 4 4-4',
  arrow: 'M3 8h10M9.500 4.500 13 8l-3.500 3.500',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
