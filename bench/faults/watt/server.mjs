/** The same entry as in the rest of the bench. */
export { create } from '../../servers/watt/server.mjs';
