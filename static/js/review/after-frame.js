/** Calls back in the first task after the frame that draws what is in the page now. @param {() => void} call */
export function afterFrame(call) {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      call();
    };
    port2.postMessage(null);
  });
}
