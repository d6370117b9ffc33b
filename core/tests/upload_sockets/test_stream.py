"""The stream of a recognition on the upload sockets (core contract, 2.4 to 2.6)."""

import base64
import io

import pytest
from PIL import Image, ImageDraw, ImageFont


def picture(text: str, *, size: tuple[int, int] = (900, 260)) -> bytes:
    image = Image.new("L", size, 255)
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 36)
    ImageDraw.Draw(image).multiline_text((30, 30), text, font=font, fill=0, spacing=14)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", dpi=(200, 200))
    return buffer.getvalue()


def test_a_created_upload_is_read_to_its_end(platform, open_socket, user, access_token):
    socket = open_socket(f"/ws/core/upload/?token={access_token(user)}")
    image = base64.b64encode(picture("Invoice number seven\nfor the reading room")).decode()
    socket.send({"type": "create", "request_id": "c1", "data": {"image_base64": image}})
    frames = []
    while True:
        frame = socket.receive()
        frames.append(frame)
        print(str(frame)[:300])
        if frame["type"] == "Upload.updated":
            break
    assert 0
