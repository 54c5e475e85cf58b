// uploads.js - files on their way to the server, with how much of them is there; and what can be said of a file before.
import { API, Problem, codeOf } from '../net/api.js'

// Answers the File of the server. By XMLHttpRequest, since fetch does not tell how far it is.
export function upload(file, { token, signal, onPart }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append('file', file.blob, file.name)
    request.open('POST', new URL('files', API))
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.setRequestHeader('Accept', 'application/json')
    request.upload.onprogress = ({ loaded, total }) => onPart(total ? loaded / total : 0)
    request.onerror = () => reject(new Problem({}))
    request.onabort = () => reject(new Problem({ code: 'cancelled' }))
    request.onload = () => {
      let told = {}
      try {
        told = JSON.parse(request.responseText)
      } catch {
        // What is no JSON is no answer of the API.
      }
      if (request.status === 201 || request.status === 200) resolve(told)
      else {
        const retryAfter = Number(request.getResponseHeader('Retry-After')) || 0
        reject(new Problem({ ...told, status: request.status, code: told.code ?? codeOf(request.status), retryAfter }))
      }
    }
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(form)
  })
}

export const kindOf = mime => mime?.match(/^(image|video|audio)\//)?.[1] ?? 'document'

// A chosen file as the outbox has it. The size of a picture is read now, so that its place is reserved from the start.
export async function prepared(blob) {
  const file = { name: blob.name || 'file', mime: blob.type || 'application/octet-stream', size: blob.size, blob }
  if (kindOf(file.mime) !== 'image') return file
  try {
    const picture = await createImageBitmap(blob)
    const { width, height } = picture
    picture.close()
    return { ...file, width, height }
  } catch {
    return file
  }
}
