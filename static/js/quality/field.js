/** Which field of a matrix an address opens. */

/**
 * @param {string} address
 * @returns {{row: string, column: string} | null} null where it opens none
 */
export function fieldOf(address) {
  const { searchParams } = new URL(address);
  const row = searchParams.get("row");
  const column = searchParams.get("column");
  return row && column ? { row, column } : null;
}
