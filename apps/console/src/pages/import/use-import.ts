import type { Import } from '#client';
import { useEffect, useRef, useState } from 'react';
import { queries } from '../../api.ts';
import { send, start } from './send.ts';

/** An import of this page. */
export interface OwnImport {
  run: Import;
  /** Share of the file that is read, from 0 to 1. */
  share: number;
  isSending: boolean;
  error?: unknown;
}

/** Imports the lines of a file. Leaving the page stops it. */
export function useImport() {
  const [own, setOwn] = useState<OwnImport>();
  /** The file that a dry run has read to its end. */
  const [checked, setChecked] = useState<File>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const sendAll = async (file: File, run: Import, controller: AbortController) => {
    const onProgress = (now: Import, share: number) => {
      setOwn({ run: now, share, isSending: true });
    };
    onProgress(run, 0);
    try {
      const ended = await send(file, run, { signal: controller.signal, onProgress });
      setOwn({ run: ended, share: 1, isSending: false });
      if (ended.state === 'finished' && ended.dry_run) {
        setChecked(file);
      }
    } catch (error) {
      setOwn((last) => ({ run, share: 1, ...last, isSending: false, error }));
    }
    await Promise.all(['imports', 'accounts'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };

  return {
    own,
    checked,
    /** Begins, and goes on by itself. */
    begin: async (file: File, dryRun: boolean) => {
      // before the first request: leaving the page meanwhile stops what it begins
      const controller = new AbortController();
      abort.current = controller;
      void sendAll(file, await start(dryRun), controller);
    },
    stop: () => abort.current?.abort(),
  };
}
