// What is made when it is first asked for.

/**
 * What a map holds for a key.
 * @template Key, Value
 * @param {{has(key: Key): boolean, get(key: Key): Value | undefined, set(key: Key, value: Value): any}} map
 * @param {Key} key
 * @param {() => Value} make what it holds from now on if it holds nothing
 * @returns {Value}
 */
export function ensure(map, key, make) {
  const held = map.get(key);
  // What is held may be nothing itself, which is rare.
  if (held !== undefined || map.has(key)) return /** @type {Value} */ (held);
  const made = make();
  map.set(key, made);
  return made;
}
