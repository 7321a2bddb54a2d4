/** What may wait for a frame does, so that the frame with the next picture comes out sooner. */

/**
 * Calls in the first task after the frame that draws what was done so far. A page that nobody sees has no frames.
 *
 * @param {() => void} call
 */
export function onceDrawn(call) {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      call();
    };
    port2.postMessage(null);
  });
}

/** The same for what has to be done whether anybody sees it or not. @param {() => void} call */
export function afterFrame(call) {
  if (document.hidden) setTimeout(call);
  else onceDrawn(call);
}
