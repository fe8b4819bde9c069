export { createContext, logToStandardError } from './create-context.js';
export { createApp } from './create-app.js';
export { previewDocument } from './openapi/preview-document.js';
export { problemsPage } from './openapi/problems-page.js';
export { packageVersion } from './package-version.js';
