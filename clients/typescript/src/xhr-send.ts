import { newXhr, type Xhr } from './platform.js';
import type { Send } from './retry.js';

export interface UploadProgress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/** Sends by XMLHttpRequest, which tells how much has left; by `otherwise` where there is none. */
export const sendWithProgress = (onProgress: (progress: UploadProgress) => void, otherwise: Send): Send => async (request) => {
  const xhr = newXhr();
  if (!xhr) return otherwise(request);
  const body = await request.arrayBuffer();
  xhr.open(request.method, request.url);
  xhr.responseType = 'arraybuffer';
  xhr.withCredentials = request.credentials === 'include';
  request.headers.forEach((value, name) => xhr.setRequestHeader(name, value));
  xhr.upload.onprogress = ({ loaded, total }) => onProgress({ sentBytes: loaded, totalBytes: total });
  return answerOf(xhr, body, request.signal);
};

const answerOf = (xhr: Xhr, body: ArrayBuffer, signal: AbortSignal): Promise<Response> => {
  const abort = (): void => xhr.abort();
  const answer = new Promise<Response>((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', abort);
    xhr.onload = () => resolve(toResponse(xhr));
    xhr.onerror = () => reject(new TypeError('The upload was cut off.'));
    xhr.onabort = () => reject(signal.reason as Error);
    xhr.send(body);
  });
  return answer.finally(() => signal.removeEventListener('abort', abort));
};

const toResponse = (xhr: Xhr): Response => {
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().trim().split(/\r?\n/)) {
    const [name = '', ...value] = line.split(':');
    if (name) headers.append(name.trim(), value.join(':').trim());
  }
  const hasBody = xhr.status !== 204 && xhr.status !== 304 && xhr.response instanceof ArrayBuffer;
  return new Response(hasBody ? (xhr.response) : null, { status: xhr.status, statusText: xhr.statusText, headers });
};
