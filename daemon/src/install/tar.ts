// In a bundle a CommonJS package that is imported when it is needed has no names; through this module it has.
export { extract, pack } from 'tar-stream';
