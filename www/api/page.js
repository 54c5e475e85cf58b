// Shows openapi.json with Swagger UI. Everything is relative to this page, so the site may live under any prefix.

// The calls that answer with a session: whoever tries one here is signed in for the calls after it.
const SIGNS_IN = /\/account\/(register|login|refresh)$/

function signIn(ui, response) {
  if (response.ok && SIGNS_IN.test(new URL(response.url).pathname) && response.obj?.accessToken) {
    ui.preauthorizeApiKey('bearer', response.obj.accessToken)
  }
  return response
}

if (window.SwaggerUIBundle === undefined) {
  document.getElementById('plain').hidden = false
} else {
  const ui = window.SwaggerUIBundle({
    url: new URL('openapi.json', document.baseURI).href,
    dom_id: '#document',
    // Nothing leaves this site: the standard value would send the document's address to a foreign validator.
    validatorUrl: null,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    responseInterceptor: response => signIn(ui, response)
  })
}
