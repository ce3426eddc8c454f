import type { MenuItemConstructorOptions } from 'electron';
import { HALT_ACCELERATOR } from './emergency-halt.ts';

/** The menu of the desktop app: the halt first, where the hand finds it. */
export function menuTemplate(platform: NodeJS.Platform, halt: () => void): MenuItemConstructorOptions[] {
  const appMenu: MenuItemConstructorOptions[] = platform === 'darwin' ? [{ role: 'appMenu' }] : [];
  return [
    ...appMenu,
    {
      label: 'Node',
      submenu: [
        { label: 'Emergency halt…', accelerator: HALT_ACCELERATOR, click: halt },
        { type: 'separator' },
        { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { role: 'reload' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ];
}
