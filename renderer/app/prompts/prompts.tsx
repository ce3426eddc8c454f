import { ask, useInterface } from '../../stores/interface.ts';
import { ActorPrompt } from './actor-prompt.tsx';
import { BurnPrompt, DepositPrompt, MinePrompt } from './devnet-prompts.tsx';
import { NodePrompt } from './node-prompt.tsx';
import { ResumePrompt } from './resume-prompt.tsx';
import { StorePrompt } from './store-prompt.tsx';

/** The one control that waits for its confirmation. */
export function Prompts() {
  const prompt = useInterface((state) => state.prompt);
  const close = (): void => ask(null);
  switch (prompt?.kind) {
    case undefined:
      return null;
    case 'start':
    case 'stop':
    case 'halt':
    case 'endFreeze':
      return <NodePrompt action={prompt.kind} onClose={close} />;
    case 'backup':
    case 'checkStore':
      return <StorePrompt action={prompt.kind} onClose={close} />;
    case 'resume':
      return <ResumePrompt onClose={close} />;
    case 'deposit':
      return <DepositPrompt onClose={close} />;
    case 'burn':
      return <BurnPrompt onClose={close} />;
    case 'mine':
      return <MinePrompt onClose={close} />;
    case 'restartActor':
    case 'suspendActor':
    case 'resumeActor':
      return <ActorPrompt action={prompt.kind} path={prompt.path} onClose={close} />;
  }
}
