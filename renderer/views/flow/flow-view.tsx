import { useInterface } from '../../stores/interface.ts';
import './flow.css';
import { LiveFlow } from './live-flow.tsx';
import { TraceView } from './trace-view.tsx';

export function FlowView() {
  const trace = useInterface(({ route }) => route.item);
  return trace === '' ? <LiveFlow /> : <TraceView key={trace} correlationId={trace} />;
}
