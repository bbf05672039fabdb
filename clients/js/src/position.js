// Where entities stand in lists. To look for one takes as long as the list is, so what was
// found is kept until the list changes.

/** @type {WeakMap<any[], Map<object, number>>} */
const known = new WeakMap();

/**
 * The position of an object in a list where it stands.
 * @param {any[]} list
 * @param {object} object
 */
export function positionIn(list, object) {
  let positions = known.get(list);
  if (positions === undefined) {
    positions = new Map(list.map((other, i) => [other, i]));
    known.set(list, positions);
  }
  return positions.get(object);
}

/**
 * Forgets the positions in a list that is about to change.
 * @param {any[]} list
 */
export function moved(list) {
  known.delete(list);
}
