/** What runs, by when it ends: a binary heap of two typed arrays. */
export class EndQueue {
  size = 0;
  private ends = new Float64Array(64);
  private ids = new Int32Array(64);

  add(id: number, end: number): void {
    if (this.size === this.ids.length) this.grow();
    let at = this.size++;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.ends[above]! <= end) break;
      this.move(above, at);
      at = above;
    }
    this.put(at, id, end);
  }

  /** When the first one ends; infinite where there is none. */
  get nextEnd(): number {
    return this.size > 0 ? this.ends[0]! : Number.POSITIVE_INFINITY;
  }

  /** Take out the one that ends first; there is one. */
  take(): number {
    const first = this.ids[0]!;
    this.size--;
    const [id, end] = [this.ids[this.size]!, this.ends[this.size]!];
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.size) break;
      if (below + 1 < this.size && this.ends[below + 1]! < this.ends[below]!) below++;
      if (this.ends[below]! >= end) break;
      this.move(below, at);
      at = below;
    }
    this.put(at, id, end);
    return first;
  }

  private move(from: number, to: number): void {
    this.put(to, this.ids[from]!, this.ends[from]!);
  }

  private put(at: number, id: number, end: number): void {
    this.ids[at] = id;
    this.ends[at] = end;
  }

  private grow(): void {
    const [ends, ids] = [new Float64Array(2 * this.size), new Int32Array(2 * this.size)];
    ends.set(this.ends);
    ids.set(this.ids);
    this.ends = ends;
    this.ids = ids;
  }
}
