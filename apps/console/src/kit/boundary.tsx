import { Component, type ReactNode } from 'react';
import { Failure } from './failure.tsx';

/** Shows a failure of a page, such as a script that can't be loaded, instead of an empty window. */
export class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? (
      this.props.children
    ) : (
      <Failure
        error={error}
        retry={() => {
          location.reload();
        }}
      />
    );
  }
}
