"""What those who care for somebody must know: health card, assessments, care plan, the way in, documents."""
