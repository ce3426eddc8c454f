import { Component, type ReactNode } from 'react';
import { Button } from '../components/button.tsx';
import { Empty } from '../components/panel.tsx';

interface ViewBoundaryProps {
  readonly children: ReactNode;
}

/** A screen that fails takes no other with it: the bar with the halt stays. */
export class ViewBoundary extends Component<ViewBoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Empty title="This screen has failed">
        The node is not touched by it. <Button onClick={() => this.setState({ failed: false })}>Show it again</Button>
      </Empty>
    );
  }
}
