import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@xyflow/react/dist/base.css';
import './tokens.css';
import './base.css';
import '../components/components.css';
import './shell.css';
import { connect } from '../stores/live.ts';
import { applyTheme, useInterface } from '../stores/interface.ts';
import { App } from './app.tsx';

applyTheme(useInterface.getState().theme);
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
connect();
