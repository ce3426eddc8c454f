import type { SignedBlock } from '../../../../node-core/domain/consensus/types.ts';

export interface FinalBlock {
  readonly root: string;
  readonly signedBlock: SignedBlock;
}

/** The one chain that nodes call final, put together from what their disks say. */
export class FinalChain {
  /** Every block that was ever published or stored, by root. */
  readonly blocks = new Map<string, SignedBlock>();
  /** By height, genesis first. */
  readonly final: FinalBlock[] = [];

  add(root: string, signedBlock: SignedBlock): void {
    this.blocks.set(root, signedBlock);
  }

  get last(): FinalBlock | undefined {
    return this.final.at(-1);
  }

  isFinal(root: string): boolean {
    const height = this.blocks.get(root)?.block.height;
    return height !== undefined && this.final[height]?.root === root;
  }

  /** Whether the chain that ends in `root` holds `ancestor`. */
  descends(root: string, ancestor: string): boolean {
    const height = this.blocks.get(ancestor)?.block.height ?? 0;
    let at: string = root;
    for (
      let block = this.blocks.get(at);
      block !== undefined && block.block.height > height;
      block = this.blocks.get(at)
    )
      at = block.block.parentRoot;
    return at === ancestor;
  }

  /** A node calls `root` final. Gives the blocks that are so for the first time, or says with what they conflict. */
  finalize(root: string): readonly FinalBlock[] | string {
    const fresh: FinalBlock[] = [];
    let at = root;
    for (;;) {
      const signedBlock = this.blocks.get(at);
      if (signedBlock === undefined) return `${at} is final and was never stored`;
      const { height, parentRoot } = signedBlock.block;
      const known = this.final[height];
      if (known !== undefined) {
        if (known.root !== at) return `height ${height}: ${known.root} and ${at} are both final`;
        break;
      }
      fresh.unshift({ root: at, signedBlock });
      if (height === 0) break;
      at = parentRoot;
    }
    this.final.push(...fresh);
    return fresh;
  }
}
