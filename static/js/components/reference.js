// The API reference: Swagger UI over our own OpenAPI description.

export default class Reference {
  constructor(element) {
    SwaggerUIBundle({ url: element.dataset.source, domNode: element, deepLinking: true, tryItOutEnabled: false });
  }
}
