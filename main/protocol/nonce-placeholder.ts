/** What the build writes into the page where a nonce belongs; the protocol handler puts a fresh one there. */
export const NONCE_PLACEHOLDER = '__SEGUE_CSP_NONCE__';
