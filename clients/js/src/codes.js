// Numbers of the protocol of Colyseus. The SDK has names for them that stay as long in a
// bundle as they are there.

// Why a socket closed.
export const GOING_AWAY = 1001;
export const NO_STATUS_RECEIVED = 1005;
export const ABNORMAL_CLOSURE = 1006;
export const CONSENTED = 4000;
export const WITH_ERROR = 4002;
export const FAILED_TO_RECONNECT = 4003;
export const MAY_TRY_RECONNECT = 4010;

// What a frame begins with.
export const JOIN_ROOM = 10;
export const LEAVE_ROOM = 12;
export const ROOM_DATA = 13;
