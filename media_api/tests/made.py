"""Requests at whatever stage a test wants them, their jobs moved by the kernel."""

import uuid
from functools import partial

from core.jobs import lifecycle
from media_api import storage
from media_api.models import InputType, MediaRequest, RequestType
from media_api.pipeline import archiving
from media_api.services.submitting import Draft, submit


class Requests:
    """Makes requests of one account, or of nobody."""

    def __init__(self, owner) -> None:
        self.owner = owner

    def queued(self, content=b"some bytes", suffix=".mp4", **more) -> MediaRequest:
        """Take one."""
        rid = uuid.uuid4().hex
        folder = storage.make_data_folder(rid)
        (folder / f"raw{suffix}").write_bytes(content)
        draft = Draft(
            rid=rid, input_type=InputType.BLOB, input_value=f"sha256:{rid}", source=f"sha256:{rid}",
            original_name=f"film{suffix}",
            **{
                "owner": self.owner, "request_type": RequestType.CUSTOM, "config": {},
                "actions": ("compress", "extract_audio"), **more,
            },
        )  # fmt: skip
        return submit(draft, queue_size=1000, deduplicate=True)

    def running(self, stage="", progress=0.0, **more) -> MediaRequest:
        """Have a worker take one, and report a stage if one is named."""
        request = self.queued(**more)
        job = lifecycle.claim(request.job_id, holder="test")
        assert job
        stages = ["extract_audio", "compress"]
        MediaRequest.objects.filter(pk=request.pk).update(stages=stages)
        if stage:
            index = stages.index(stage)
            job = lifecycle.report(job, stage=stage, stage_index=index, progress=progress)
        request.refresh_from_db()
        request.job = job
        return request

    def finished(self, outputs=None, error=None, **more) -> MediaRequest:
        """Have one succeed with outputs by name; with an error it is done in part."""
        request = self.running("compress", 0.5, **more)
        folder = storage.out_folder(request.rid)
        folder.mkdir(parents=True)
        made = []
        for name, content in (outputs or {"audio.mp3": b"sound", "out.mp4": b"0123456789"}).items():
            (folder / name).write_bytes(content)
            if name != storage.SEGMENTS:
                made.append({"name": name, "size_bytes": len(content), "sha256": "ab" * 32})
        MediaRequest.objects.filter(pk=request.pk).update(outputs=made)
        scratch = storage.make_data_folder(request.rid)
        keep = partial(lifecycle.renew, request.job)
        archiving.pack(
            request.rid, [one["name"] for one in made], scratch=scratch, check=keep, keep=keep
        )
        result = {"outputs": made, **({"error": error} if error else {})}
        request.job = lifecycle.succeed(request.job, result)
        request.refresh_from_db()
        return request

    def failed(self, code="no_audio_stream", message="There is no sound.", **more) -> MediaRequest:
        """Have one fail for good."""
        request = self.running(**more)
        request.job = lifecycle.fail(request.job, code, message)
        return request
