// The API from its own description, folded by subject: there are hundreds of routes. Nothing is sent anywhere but to this
// server.

import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-bundle.js";

SwaggerUI({ url: "/api/openapi.json", dom_id: "#api", validatorUrl: null, docExpansion: "none", deepLinking: true });
