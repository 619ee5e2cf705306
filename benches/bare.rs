//! What everything is held against: actix-web answering a fixed number of bytes and doing nothing.

use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer, web};

/// `serve-bare BYTES`: GET and POST `/` answer 200 with so many bytes, GET `/304` a 304 with an ETag.
pub fn serve(args: &[String]) {
    let bytes: usize = args[0].parse().unwrap();
    let body = Bytes::from(vec![b' '; bytes]);
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(body.clone()))
                .route("/", web::get().to(get))
                .route("/", web::post().to(post))
                .route("/304", web::get().to(unchanged))
        })
        .workers(2)
        .bind(("127.0.0.1", 0))
        .unwrap();
        println!("listening on {}", server.addrs()[0]);
        server.run().await.unwrap();
    });
}

async fn get(body: Data<Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body.as_ref().clone())
}

async fn post(_: Bytes, body: Data<Bytes>) -> HttpResponse {
    HttpResponse::Created().content_type("application/json").body(body.as_ref().clone())
}

async fn unchanged() -> HttpResponse {
    HttpResponse::NotModified().insert_header(("etag", "\"a\"")).finish()
}
